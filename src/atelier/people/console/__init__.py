"""The operator's pages about members: who they are, where they are signed in, and who may come in."""
