// TLS contexts: one for clients (our certificate), one per upstream (how far its certificate is checked).
//
// Threading: immutable once made; shared by all threads. A reload makes a new one, open connections keep theirs.
#pragma once

#include <openssl/types.h>

#include <memory>
#include <string>

#include "sluice/base/diagnostic.hpp"
#include "sluice/config/config.hpp"

namespace sluice::net {

using tls_context_ptr = std::shared_ptr<SSL_CTX>;

base::result<tls_context_ptr> client_facing_tls(const config::tls& settings);
// Null when the upstream is reached without TLS.
base::result<tls_context_ptr> upstream_facing_tls(const config::upstream& settings);

// What OpenSSL says went wrong last on this thread, without touching the data; clears the queue.
std::string last_tls_error();

}  // namespace sluice::net
