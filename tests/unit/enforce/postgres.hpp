// A real PostgreSQL for the tests of this module: what the tables and the masks say is asked of the server itself.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <pqxx/pqxx>
#include <string>

#include "sluice/catalog/loader.hpp"
#include "unit/catalog/throwaway_server.hpp"

namespace sluice::enforce::testing {

// As the superuser of the program's one throw-away server.
inline pqxx::connection connect() {
  const config::upstream to = catalog::testing::shared_server().upstream();
  return pqxx::connection("host=127.0.0.1 user=tester password='quo\\'te \\\\ and blank' dbname=postgres port=" +
                          std::to_string(to.port));
}

inline catalog::snapshot_ptr load_catalog() {
  return catalog::load_snapshot(catalog::testing::shared_server().upstream(), std::chrono::seconds(30)).value();
}

// The first column of the first row.
template <class T>
T value_of(pqxx::transaction_base& in, const std::string& sql) {
  return in.exec1(sql)[0].as<T>();
}

}  // namespace sluice::enforce::testing
