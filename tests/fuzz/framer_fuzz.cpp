// Bytes of a client in arbitrary fragments: framing and every frontend parser. The cuts must not change what is framed.
// The same bytes as a server's answer, whose rows are taken as runs: what is passed on is what came, in order.
#include <string>
#include <vector>

#include "fuzz/input.hpp"
#include "sluice/wire/framer.hpp"
#include "sluice/wire/frontend.hpp"
#include "sluice/wire/startup.hpp"

namespace {

namespace wire = sluice::wire;
using sluice::fuzz::require;

constexpr std::uint32_t large_limit = 1u << 20;

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
      require(message.whole.ends_with(message.body), "the body ends the message");
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

bool in_runs(char type) { return type == wire::backend::data_row || type == wire::backend::copy_data; }

void relay(std::string_view bytes, std::size_t fragment) {
  wire::framer framer(wire::sender::backend, large_limit);
  std::string passed;
  char run_type = wire::backend::data_row;
  auto end = wire::framing::need_more;
  for (auto left = bytes; !left.empty() && end == wire::framing::need_more;) {
    const auto piece = left.substr(0, fragment);
    left.remove_prefix(piece.size());
    framer.feed(piece);
    if (framer.inside_run()) passed += framer.take_run(run_type).bytes;
    while ((end = framer.peek()) == wire::framing::ready) {
      if (run_type = framer.current().type; in_runs(run_type)) {
        const auto run = framer.take_run(run_type);
        require(run.messages > 0 && !run.bytes.empty(), "a run begins with the message that is there");
        passed += run.bytes;
      } else {
        passed += framer.current().whole;
        framer.pop();
      }
    }
    framer.settle();
    require(passed.size() + framer.waiting() == bytes.size() - left.size(), "no byte is lost or made");
    require(bytes.starts_with(passed), "what is passed on is what came");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto whole = cut(bytes, bytes.size());
  const auto pieces = cut(bytes, 1 + data[0] % 16);
  require(whole == pieces, "where a stream is cut makes no difference");
  relay(bytes, bytes.size());
  relay(bytes, 1 + data[0] % 16);
  (void)wire::parse_options(bytes);
  return 0;
}
