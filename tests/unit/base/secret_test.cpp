#include "sluice/base/secret.hpp"

#include <gtest/gtest.h>

#include <ostream>

namespace sluice::base {
namespace {

template <class T>
concept printable = requires(std::ostream& out, const T& value) {
  out << value;
};

static_assert(!printable<secret>);
static_assert(!std::is_convertible_v<secret, std::string>);
static_assert(!std::is_convertible_v<secret, std::string_view>);
static_assert(!std::is_convertible_v<std::string, secret>);

TEST(secret, keeps_its_bytes) {
  const secret copied(std::string("k\0y", 3));
  const secret copy = copied;
  EXPECT_EQ(copy.reveal(), std::string_view("k\0y", 3));
  EXPECT_EQ(copied.reveal(), copy.reveal());
  EXPECT_FALSE(copy.empty());
  EXPECT_TRUE(secret().empty());
}

TEST(secret, leaves_nothing_behind_when_it_moves) {
  secret from(std::string(100, 'k'));
  const char* place = from.reveal().data();
  secret to = std::move(from);
  EXPECT_EQ(to.reveal(), std::string(100, 'k'));
  EXPECT_TRUE(from.empty());  // NOLINT(bugprone-use-after-move)
  // The memory is still the moved-from string's own.
  EXPECT_EQ(std::string(place, 100), std::string(100, '\0'));
}

TEST(secret, survives_being_assigned_to_itself) {
  secret one("key");
  const secret& same = one;
  one = same;
  EXPECT_EQ(one.reveal(), "key");
  one = secret("other");
  EXPECT_EQ(one.reveal(), "other");
}

}  // namespace
}  // namespace sluice::base
