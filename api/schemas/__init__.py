"""What is answered and what is taken, as pydantic models: they describe (OpenAPI), and validate what is taken.

Answers are built as plain dictionaries beside their models, since building a model for each costs more than the read;
tests hold every answer of every route against its model.
"""
