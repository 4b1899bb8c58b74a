"""Who is here: accounts, passwords, sign-ins, API tokens, and the link that makes the first operator."""
