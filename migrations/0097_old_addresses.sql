-- A link that went to an address is of no use once its person has another: whoever reads the mails of the old one may be somebody else.
CREATE TRIGGER recovery_ends_with_an_address AFTER UPDATE OF email ON users WHEN new.email IS NOT old.email BEGIN
    DELETE FROM credentials WHERE user_id = new.id AND kind = 'recovery_link';
END;
