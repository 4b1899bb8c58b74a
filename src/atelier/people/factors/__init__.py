"""Second factors: authenticator apps, passkeys and recovery codes, the half sign-in that awaits one, and step-up."""
