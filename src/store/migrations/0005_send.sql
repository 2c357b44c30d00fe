-- Whether a passcode may send is a class of its own (bit 32) since reading mail (bit 1) no longer
-- includes it. Passcodes of before could send.
UPDATE credentials SET scopes = scopes + 32 WHERE scopes % 2 = 1 AND scopes < 32;
