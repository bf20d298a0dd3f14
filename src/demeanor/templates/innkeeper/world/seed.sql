-- Where every trial starts: two who are strangers, two who are friends.

INSERT INTO travellers (name, standing) VALUES ('Ash', 'stranger'), ('Wren', 'stranger'), ('Bryn', 'friend'), ('Tamsin', 'friend');
