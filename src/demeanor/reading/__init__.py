"""What a message does and claims: acts, consent, claims. Read from the text, and allowed to be unsure."""
