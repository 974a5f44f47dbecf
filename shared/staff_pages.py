"""Where the staff's pages are that an identity provider must know of, below the public address of scheduling."""

SIGN_IN = "/staff/sign-in"
CALLBACK = "/staff/signed-in"
