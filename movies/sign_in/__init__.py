"""How members sign in: which account a name means, and devices from which its owner has signed in before."""
