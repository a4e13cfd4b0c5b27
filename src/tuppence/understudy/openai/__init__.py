"""What both OpenAI wires share: keys, models, errors, checks of single fields, cached prefixes."""
