#include "sluice/audit/head.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <array>
#include <bit>
#include <cstring>
#include <thread>
#include <utility>

#include "sluice/audit/descriptor.hpp"

namespace sluice::audit {
namespace {

static_assert(std::endian::native == std::endian::little, "the head file is little-endian");

struct slot {
  std::uint64_t magic;
  std::uint64_t index;  // sealed, so that one slot cannot be copied over the other
  std::uint64_t sequence, file_first, file_bytes;
  auth::digest hash;
  auth::digest seal;
  std::uint64_t checksum;  // over everything above
};
static_assert(sizeof(slot) == 112);
constexpr std::size_t sealed_bytes = offsetof(slot, seal), summed_bytes = offsetof(slot, checksum);
constexpr std::uint64_t slot_magic = 0x3164616568756c73;        // "sluhead1"
constexpr std::size_t slot_distance = 2048, head_bytes = 4096;  // the slots never share a disk sector

// Tells whole from torn, nothing else; who changes the file on purpose meets the seal.
std::uint64_t checksum_of(const slot& from) {
  std::array<std::uint64_t, summed_bytes / 8> words;
  std::memcpy(words.data(), &from, summed_bytes);
  std::uint64_t sum = 0xcbf29ce484222325;
  for (const auto word : words) sum = std::rotl((sum ^ word) * 0x9e3779b97f4a7c15, 29);
  return sum;
}

std::string_view sealed_part(const slot& from) { return {reinterpret_cast<const char*>(&from), sealed_bytes}; }

struct slots_reading {
  std::array<bool, 2> whole{}, genuine{};
  std::array<slot, 2> slots;
};

slots_reading read_slots(const char* bytes, auth::hmac_sha256* key) {
  slots_reading found;
  for (unsigned index = 0; index < 2; ++index) {
    auto& from = found.slots[index];
    std::memcpy(&from, bytes + index * slot_distance, sizeof from);
    found.whole[index] = from.magic == slot_magic && from.index == index && from.checksum == checksum_of(from);
    found.genuine[index] =
        found.whole[index] && (key == nullptr || auth::equal_in_constant_time(auth::as_bytes((*key)(sealed_part(from))),
                                                                              auth::as_bytes(from.seal)));
  }
  return found;
}

head_state state_of(const slot& from) { return {from.sequence, from.file_first, from.file_bytes, from.hash}; }

head_reading judge(const slots_reading& found) {
  const auto& [first, second] = found.slots;
  for (unsigned index = 0; index < 2; ++index)
    if (found.whole[index] && !found.genuine[index]) return {head_condition::forged, {}};
  if (!found.whole[0] && !found.whole[1]) return {head_condition::damaged, {}};
  if (!found.whole[0] || !found.whole[1]) return {head_condition::one_slot, state_of(found.whole[0] ? first : second)};
  const auto& newer = first.sequence > second.sequence ? first : second;
  const auto& older = first.sequence > second.sequence ? second : first;
  // Slots are written in turn: they are never further apart.
  return {newer.sequence - older.sequence <= 1 ? head_condition::whole : head_condition::damaged, state_of(newer)};
}

}  // namespace

base::result<head_reading> read_head(const std::string& directory, auth::hmac_sha256* key) {
  const auto path = directory + "/" + head_name;
  const descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) {
    if (errno == ENOENT) return head_reading{};
    return system_problem("read", path);
  }
  head_reading found;
  // The writer does not wait for readers: what looks odd may only have been read while it changed.
  for (int attempt = 0; attempt < 20; ++attempt) {
    if (attempt > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    std::array<char, head_bytes> bytes{};
    const auto count = ::pread(file.number(), bytes.data(), bytes.size(), 0);
    if (count < 0) return system_problem("read", path);
    found = judge(read_slots(bytes.data(), key));
    if (found.condition == head_condition::whole) break;
  }
  return found;
}

base::result<head_writer> head_writer::open(const std::string& directory) {
  const auto path = directory + "/" + head_name;
  const descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file.is_open()) return system_problem("open", path);
  // Space is reserved now: a full disk must not become a SIGBUS at a later store.
  if (const int code = ::posix_fallocate(file.number(), 0, head_bytes); code != 0) {
    errno = code;
    return system_problem("reserve space for", path);
  }
  void* memory = ::mmap(nullptr, head_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file.number(), 0);
  if (memory == MAP_FAILED) return system_problem("map", path);
  return head_writer(memory);
}

head_writer::head_writer(head_writer&& other) noexcept
    : memory_(std::exchange(other.memory_, nullptr)), next_(other.next_) {}

head_writer::~head_writer() {
  if (memory_ != nullptr) ::munmap(memory_, head_bytes);
}

void head_writer::write(const head_state& state, auth::hmac_sha256& key) {
  slot fresh{.magic = slot_magic,
             .index = next_,
             .sequence = state.sequence,
             .file_first = state.file_first,
             .file_bytes = state.file_bytes,
             .hash = state.hash,
             .seal = {},
             .checksum = 0};
  fresh.seal = key(sealed_part(fresh));
  fresh.checksum = checksum_of(fresh);
  std::memcpy(static_cast<char*>(memory_) + next_ * slot_distance, &fresh, sizeof fresh);
  next_ ^= 1;
}

bool head_writer::sync() const { return ::msync(memory_, head_bytes, MS_SYNC) == 0; }

}  // namespace sluice::audit
