"""The directory: the chain, its clinics, rooms, therapists and rotas, offerings and clients."""
