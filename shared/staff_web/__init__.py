"""Pages of the chains' staff at any service: signed in at an identity provider, in the look of all our pages."""
