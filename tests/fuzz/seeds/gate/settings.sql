set local search_path = crm, public; show all; begin; commit and chain
