// libpg_query behind a net.
//
// Its parser catches the errors of PostgreSQL's code, its output stage does not: a JSON text that outgrows a StringInfo (1 GB) or
// memory that cannot be had is then FATAL there, and FATAL ends the process. Here such an error ends the call.
#pragma once

#include <pg_query.h>

#include <optional>

namespace sluice::sql {

// nullopt: PostgreSQL's code raised an error that the call has no result for; everything it allocated is given back.
// The caller frees what it gets (pg_query_free_parse_result, pg_query_free_scan_result).
std::optional<PgQueryParseResult> guarded_parse(const char* text);
std::optional<PgQueryScanResult> guarded_scan(const char* text);

// For tests: runs `work` behind the same net; false when it raised.
bool behind_net(void (*work)(void*), void* given);

}  // namespace sluice::sql
