// The server of the catalog's tests, built into this program as well.
#include "unit/catalog/throwaway_server.cpp"
