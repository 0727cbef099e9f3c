#include "guarded_parser.hpp"

#include <csetjmp>

// Of elog.h and palloc.h, as far as needed: libpg_query installs neither. All are per thread.
extern "C" {
extern __thread sigjmp_buf* PG_exception_stack;
extern __thread void* CurrentMemoryContext;
extern __thread void* TopMemoryContext;
extern __thread void* ErrorContext;
void FlushErrorState(void);
void MemoryContextSetParent(void* context, void* new_parent);
void MemoryContextDeleteChildren(void* context);
void pg_query_init(void);
}

namespace sluice::sql {
namespace {

// As PG_CATCH would leave it, and without the memory of the call that was left: that hangs below TopMemoryContext, as does
// ErrorContext, which must stay.
void tidy() {
  FlushErrorState();
  CurrentMemoryContext = TopMemoryContext;
  MemoryContextSetParent(ErrorContext, nullptr);
  MemoryContextDeleteChildren(TopMemoryContext);
  MemoryContextSetParent(ErrorContext, TopMemoryContext);
}

struct parse_call {
  const char* text;
  PgQueryParseResult result;
};
struct scan_call {
  const char* text;
  PgQueryScanResult result;
};

}  // namespace

// INVARIANT: no object with a destructor lives in the frames that an error jumps over: `work` is plain C in all but name.
bool behind_net(void (*work)(void*), void* given) {
  pg_query_init();
  sigjmp_buf here;
  if (sigsetjmp(here, 0) != 0) {
    PG_exception_stack = nullptr;
    tidy();
    return false;
  }
  // errstart (elog.c) makes an ERROR FATAL only where nobody would catch it.
  PG_exception_stack = &here;
  work(given);
  PG_exception_stack = nullptr;
  return true;
}

std::optional<PgQueryParseResult> guarded_parse(const char* text) {
  parse_call call{text, {}};
  const bool whole = behind_net([](void* given) {
    auto& mine = *static_cast<parse_call*>(given);
    mine.result = pg_query_parse(mine.text);
  }, &call);
  if (!whole) return std::nullopt;
  return call.result;
}

std::optional<PgQueryScanResult> guarded_scan(const char* text) {
  scan_call call{text, {}};
  const bool whole = behind_net([](void* given) {
    auto& mine = *static_cast<scan_call*>(given);
    mine.result = pg_query_scan(mine.text);
  }, &call);
  if (!whole) return std::nullopt;
  return call.result;
}

}  // namespace sluice::sql
