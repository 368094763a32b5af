"""PartiQL: statements that read and write items, alone, in batches and in transactions."""
