// Bytes of a client in arbitrary fragments: framing and every frontend parser. The cuts must not change what is framed.
#include <cstdlib>
#include <string>
#include <vector>

#include "sluice/wire/framer.hpp"
#include "sluice/wire/frontend.hpp"
#include "sluice/wire/startup.hpp"

namespace {

namespace wire = sluice::wire;

constexpr std::uint32_t large_limit = 1u << 20;

void require(bool holds) {
  if (!holds) std::abort();
}

void parse_body(const wire::frame& message) {
  (void)wire::parse_query(message.body);
  (void)wire::parse_parse(message.body);
  (void)wire::parse_bind(message.body);
  (void)wire::parse_describe(message.body);
  (void)wire::parse_execute(message.body);
  (void)wire::parse_sasl_initial(message.body);
  (void)wire::parse_copy_fail(message.body);
}

struct framed {
  std::vector<std::string> messages;
  wire::framing end = wire::framing::need_more;
  friend bool operator==(const framed&, const framed&) = default;
};

// The first frame is a startup packet, as on a real connection.
framed cut(std::string_view bytes, std::size_t fragment) {
  wire::framer framer(wire::sender::frontend, large_limit);
  framer.expect_startup();
  framed out;
  while (!bytes.empty()) {
    const auto piece = bytes.substr(0, fragment);
    bytes.remove_prefix(piece.size());
    framer.feed(piece);
    while ((out.end = framer.peek()) == wire::framing::ready) {
      const auto& message = framer.current();
      require(message.whole.ends_with(message.body));
      if (out.messages.empty()) {
        (void)wire::parse_startup(message.body);
        framer.expect_messages();
      } else {
        parse_body(message);
      }
      out.messages.emplace_back(message.whole);
      framer.pop();
    }
    if (out.end != wire::framing::need_more) break;
    framer.settle();
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto whole = cut(bytes, bytes.size());
  const auto pieces = cut(bytes, 1 + data[0] % 16);
  require(whole == pieces);
  (void)wire::parse_options(bytes);
  return 0;
}
