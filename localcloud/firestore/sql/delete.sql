DELETE FROM documents WHERE collection = :collection AND id = :id
