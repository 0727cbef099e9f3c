#include "sluice/wire/startup.hpp"

#include <cctype>

#include "sluice/wire/reader.hpp"

namespace sluice::wire {
namespace {

// As PostgreSQL's pg_split_opts: blanks separate, a backslash takes the next character as it is.
std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  std::size_t at = 0;
  const auto blank = [](char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; };
  while (true) {
    while (at < text.size() && blank(text[at])) ++at;
    if (at == text.size()) return words;
    std::string word;
    while (at < text.size() && !blank(text[at])) {
      if (text[at] == '\\' && at + 1 < text.size()) ++at;
      word += text[at++];
    }
    words.push_back(std::move(word));
  }
}

}  // namespace

parsed<startup_packet> parse_startup(std::string_view body) {
  reader from(body);
  const auto code = from.quad();
  if (from.failed()) return make_error_code(error::truncated);
  if (code == ssl_request_code) return from.finish<startup_packet>(ssl_request{});
  if (code == gssenc_request_code) return from.finish<startup_packet>(gssenc_request{});
  if (code == cancel_request_code) {
    const auto process = from.quad();
    const auto secret = from.quad();
    return from.finish<startup_packet>(cancel_request{process, secret});
  }
  const auto major = static_cast<std::uint16_t>(code >> 16);
  const auto minor = static_cast<std::uint16_t>(code & 0xffff);
  if (major != protocol_major) return startup_packet{unsupported_version{major, minor}};
  startup packet{minor, {}};
  for (;;) {
    const auto name = from.text();
    if (from.failed() || name.empty()) break;
    const auto value = from.text();
    if (from.failed()) break;
    packet.parameters.emplace_back(name, value);
  }
  return from.finish<startup_packet>(std::move(packet));
}

options_outcome parse_options(std::string_view options) {
  options_outcome outcome;
  const auto words = split_words(options);
  for (std::size_t at = 0; at < words.size(); ++at) {
    std::string_view setting = words[at];
    const bool long_form = setting.starts_with("--");
    if (long_form) {
      setting.remove_prefix(2);
    } else if (setting == "-c" && at + 1 < words.size()) {
      setting = words[++at];
    } else if (setting.starts_with("-c") && setting.size() > 2) {
      setting.remove_prefix(2);
    } else {
      outcome.not_understood = words[at];
      return outcome;
    }
    const auto equals = setting.find('=');
    if (equals == std::string_view::npos || equals == 0) {
      outcome.not_understood = words[at];
      return outcome;
    }
    std::string name(setting.substr(0, equals));
    for (auto& each : name) {
      if (each == '-') each = '_';  // as PostgreSQL's ParseLongOption
    }
    outcome.settings.emplace_back(std::move(name), setting.substr(equals + 1));
  }
  return outcome;
}

}  // namespace sluice::wire
