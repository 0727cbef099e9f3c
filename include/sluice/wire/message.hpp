// The message types of protocol 3.0 (PostgreSQL manual 55.7) as one table: who sends them, when, and how long they may
// be.
//
// Threading: constexpr data.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sluice::wire {

enum class sender : std::uint8_t { frontend, backend };
// When a frontend may send it; backends are held to the session's own queue of expected answers.
enum class phase : std::uint8_t { authentication, ready, any };
// empty: no body. small: names and numbers. large: statements, parameters, rows; the limit is configured.
enum class size_class : std::uint8_t { empty, small, large };

inline constexpr std::uint32_t max_startup_bytes = 10'000;      // as PostgreSQL's MAX_STARTUP_PACKET_LENGTH
inline constexpr std::uint32_t max_small_bytes = 10'000;        // as PostgreSQL's PQ_SMALL_MESSAGE_LIMIT
inline constexpr std::uint32_t max_backend_bytes = 0x3fffffff;  // PostgreSQL never builds a longer one

namespace frontend {
inline constexpr char bind = 'B', close = 'C', copy_data = 'd', copy_done = 'c', copy_fail = 'f', describe = 'D',
                      execute = 'E', flush = 'H', function_call = 'F', parse = 'P', password = 'p', query = 'Q',
                      sync = 'S', terminate = 'X';
}
namespace backend {
inline constexpr char authentication = 'R', backend_key_data = 'K', bind_complete = '2', close_complete = '3',
                      command_complete = 'C', copy_data = 'd', copy_done = 'c', copy_in = 'G', copy_out = 'H',
                      copy_both = 'W', data_row = 'D', empty_query = 'I', error_response = 'E', function_result = 'V',
                      negotiate_version = 'v', no_data = 'n', notice = 'N', notification = 'A',
                      parameter_description = 't', parameter_status = 'S', parse_complete = '1', portal_suspended = 's',
                      ready_for_query = 'Z', row_description = 'T';
}

struct message_type {
  char type;
  sender from;
  phase when;
  size_class size;
  std::string_view name;
};

inline constexpr std::array message_types{
    message_type{frontend::bind, sender::frontend, phase::ready, size_class::large, "Bind"},
    message_type{frontend::close, sender::frontend, phase::ready, size_class::small, "Close"},
    message_type{frontend::copy_data, sender::frontend, phase::ready, size_class::large, "CopyData"},
    message_type{frontend::copy_done, sender::frontend, phase::ready, size_class::empty, "CopyDone"},
    message_type{frontend::copy_fail, sender::frontend, phase::ready, size_class::small, "CopyFail"},
    message_type{frontend::describe, sender::frontend, phase::ready, size_class::small, "Describe"},
    message_type{frontend::execute, sender::frontend, phase::ready, size_class::small, "Execute"},
    message_type{frontend::flush, sender::frontend, phase::ready, size_class::empty, "Flush"},
    message_type{frontend::function_call, sender::frontend, phase::ready, size_class::large, "FunctionCall"},
    message_type{frontend::parse, sender::frontend, phase::ready, size_class::large, "Parse"},
    message_type{frontend::password, sender::frontend, phase::authentication, size_class::small, "PasswordMessage"},
    message_type{frontend::query, sender::frontend, phase::ready, size_class::large, "Query"},
    message_type{frontend::sync, sender::frontend, phase::ready, size_class::empty, "Sync"},
    message_type{frontend::terminate, sender::frontend, phase::any, size_class::empty, "Terminate"},
    message_type{backend::authentication, sender::backend, phase::authentication, size_class::small, "Authentication"},
    message_type{backend::backend_key_data, sender::backend, phase::authentication, size_class::small,
                 "BackendKeyData"},
    message_type{backend::bind_complete, sender::backend, phase::ready, size_class::empty, "BindComplete"},
    message_type{backend::close_complete, sender::backend, phase::ready, size_class::empty, "CloseComplete"},
    message_type{backend::command_complete, sender::backend, phase::ready, size_class::small, "CommandComplete"},
    message_type{backend::copy_data, sender::backend, phase::ready, size_class::large, "CopyData"},
    message_type{backend::copy_done, sender::backend, phase::ready, size_class::empty, "CopyDone"},
    message_type{backend::copy_in, sender::backend, phase::ready, size_class::small, "CopyInResponse"},
    message_type{backend::copy_out, sender::backend, phase::ready, size_class::small, "CopyOutResponse"},
    message_type{backend::copy_both, sender::backend, phase::ready, size_class::small, "CopyBothResponse"},
    message_type{backend::data_row, sender::backend, phase::ready, size_class::large, "DataRow"},
    message_type{backend::empty_query, sender::backend, phase::ready, size_class::empty, "EmptyQueryResponse"},
    message_type{backend::error_response, sender::backend, phase::any, size_class::large, "ErrorResponse"},
    message_type{backend::function_result, sender::backend, phase::ready, size_class::large, "FunctionCallResponse"},
    message_type{backend::negotiate_version, sender::backend, phase::authentication, size_class::small,
                 "NegotiateProtocolVersion"},
    message_type{backend::no_data, sender::backend, phase::ready, size_class::empty, "NoData"},
    message_type{backend::notice, sender::backend, phase::any, size_class::large, "NoticeResponse"},
    message_type{backend::notification, sender::backend, phase::ready, size_class::small, "NotificationResponse"},
    message_type{backend::parameter_description, sender::backend, phase::ready, size_class::large,
                 "ParameterDescription"},
    message_type{backend::parameter_status, sender::backend, phase::any, size_class::large, "ParameterStatus"},
    message_type{backend::parse_complete, sender::backend, phase::ready, size_class::empty, "ParseComplete"},
    message_type{backend::portal_suspended, sender::backend, phase::ready, size_class::empty, "PortalSuspended"},
    message_type{backend::ready_for_query, sender::backend, phase::any, size_class::small, "ReadyForQuery"},
    message_type{backend::row_description, sender::backend, phase::ready, size_class::large, "RowDescription"},
};

// Null for a type that is not in the table: the connection ends.
constexpr const message_type* find_message(sender from, char type) {
  for (const auto& each : message_types) {
    if (each.from == from && each.type == type) return &each;
  }
  return nullptr;
}

}  // namespace sluice::wire
