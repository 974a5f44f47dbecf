"""The pages of the chains' staff: signed in at an identity provider, in the look of the client's page."""
