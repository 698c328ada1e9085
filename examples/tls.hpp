// What OpenSSL must be asked with care.
//
// does not: hold a connection
#pragma once

#include <openssl/err.h>

#include <utility>

namespace examples {

/// Does something with a connection, whose result SSL_get_error() will judge. It looks into a queue
/// of errors that the thread has for all its connections: what is left there of another one, as of
/// a bad certificate, would be taken for an error of this one.
template <class Operation>
[[nodiscard]] int with_no_old_errors(Operation&& operation) {
  ERR_clear_error();
  return std::forward<Operation>(operation)();
}

}  // namespace examples
