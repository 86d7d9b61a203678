SELECT data FROM documents WHERE collection = :collection AND id = :id
