#include "digest.hpp"

#include <bit>
#include <random>

namespace sluice::catalog {
namespace {

struct sip_key {
  std::uint64_t first, second;
};

const sip_key& process_key() {
  static const sip_key key = [] {
    std::random_device source;
    auto word = [&source] { return (static_cast<std::uint64_t>(source()) << 32) | source(); };
    return sip_key{word(), word()};
  }();
  return key;
}

// Aumasson & Bernstein, "SipHash: a fast short-input PRF", fed one 64-bit word at a time.
class sip_hash {
 public:
  explicit sip_hash(const sip_key& key)
      : v0_(0x736f6d6570736575ULL ^ key.first),
        v1_(0x646f72616e646f6dULL ^ key.second),
        v2_(0x6c7967656e657261ULL ^ key.first),
        v3_(0x7465646279746573ULL ^ key.second) {}

  void add(std::uint64_t word) {
    v3_ ^= word;
    round();
    round();
    v0_ ^= word;
  }
  // The length goes first, so that no two sequences of texts feed the same words.
  void add(std::string_view text) {
    add(static_cast<std::uint64_t>(text.size()));
    std::uint64_t word = 0;
    unsigned shift = 0;
    for (const char byte : text) {
      word |= static_cast<std::uint64_t>(static_cast<unsigned char>(byte)) << shift;
      shift += 8;
      if (shift == 64) {
        add(word);
        word = 0;
        shift = 0;
      }
    }
    if (shift != 0) add(word);
  }
  std::uint64_t finish() {
    v2_ ^= 0xff;
    for (int i = 0; i < 4; ++i) round();
    return v0_ ^ v1_ ^ v2_ ^ v3_;
  }

 private:
  void round() {
    v0_ += v1_;
    v1_ = std::rotl(v1_, 13) ^ v0_;
    v0_ = std::rotl(v0_, 32);
    v2_ += v3_;
    v3_ = std::rotl(v3_, 16) ^ v2_;
    v0_ += v3_;
    v3_ = std::rotl(v3_, 21) ^ v0_;
    v2_ += v1_;
    v1_ = std::rotl(v1_, 17) ^ v2_;
    v2_ = std::rotl(v2_, 32);
  }
  std::uint64_t v0_, v1_, v2_, v3_;
};

std::uint64_t word_of(auto value) { return static_cast<std::uint64_t>(static_cast<std::int64_t>(value)); }

void feed(sip_hash& into, const column& what) {
  into.add(what.name);
  into.add(word_of(what.attnum));
  into.add(word_of(what.type.value()));
  into.add(word_of(what.typmod));
  into.add(what.type_sql);
  into.add(what.base_type);
  into.add(word_of(what.type_category));
  into.add(word_of((what.is_domain ? 1 : 0) | (what.not_null ? 2 : 0) | (what.is_generated ? 4 : 0)));
}

void feed(sip_hash& into, const relation& what) {
  into.add(word_of(what.id.value()));
  into.add(what.schema);
  into.add(what.name);
  into.add(word_of(static_cast<char>(what.kind)));
  into.add(word_of(what.columns.size()));
  for (const auto& each : what.columns) feed(into, each);
  into.add(word_of(what.primary_key.size()));
  for (const auto attnum : what.primary_key) into.add(word_of(attnum));
  into.add(word_of(what.parents.size()));
  for (const auto parent : what.parents) into.add(word_of(parent.value()));
  into.add(word_of(what.dependents.size()));
  for (const auto each : what.dependents) into.add(word_of(each.value()));
  into.add(word_of(what.row_type.value()));
  into.add(what.definition);
  into.add(word_of(what.is_partition));
  into.add(word_of(what.toast_of.value()));
  into.add(word_of(what.index_of.value()));
  into.add(word_of(what.owned_by.value()));
}

void feed(sip_hash& into, const function& what) {
  into.add(word_of(what.id.value()));
  into.add(what.schema);
  into.add(what.name);
  into.add(word_of(what.volatility));
  into.add(word_of(what.kind));
  into.add(what.language);
  into.add(word_of(what.security_definer));
  into.add(word_of(what.arguments));
}

void feed(sip_hash& into, const operator_name& what) {
  into.add(what.schema);
  into.add(what.name);
}

void feed(sip_hash& into, const type_name& what) {
  into.add(word_of(what.id.value()));
  into.add(what.schema);
  into.add(what.name);
  into.add(word_of(what.type));
}

void feed(sip_hash& into, const std::string& what) { into.add(std::string_view{what}); }

template <class T>
void feed_all(sip_hash& into, const std::vector<T>& list) {
  into.add(word_of(list.size()));
  for (const auto& each : list) feed(into, each);
}

}  // namespace

std::uint64_t digest_of(const contents& what) {
  sip_hash hash(process_key());
  hash.add(what.database);
  hash.add(what.server_version);
  feed_all(hash, what.schemas);
  feed_all(hash, what.relations);
  feed_all(hash, what.functions);
  feed_all(hash, what.operators);
  feed_all(hash, what.types);
  return hash.finish();
}

}  // namespace sluice::catalog
