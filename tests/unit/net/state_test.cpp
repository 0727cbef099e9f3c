#include "../../../src/net/state.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace sluice::net {
namespace {

class state : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "sluice-state-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string folder_;
  const std::vector<enforce::remembered_name> names_ = {{base::oid{16400}, 3, "crm", "customers", "email"},
                                                        {base::oid{16400}, 4, "crm", "cust\"omers", "tel\n"}};
};

TEST_F(state, is_read_as_it_was_written) {
  save_remembered(folder_, "ware/house", names_);
  EXPECT_EQ(load_remembered(folder_, "ware/house"), names_);
  EXPECT_TRUE(load_remembered(folder_, "lake").empty());
}

TEST_F(state, broken_file_is_an_error) {
  save_remembered(folder_, "lake", names_);
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) std::ofstream(entry.path(), std::ios::trunc) << "[[1,";
  EXPECT_THROW(load_remembered(folder_, "lake"), std::runtime_error);
}

TEST_F(state, folder_is_made) {
  save_remembered(folder_ + "/a/b", "lake", names_);
  EXPECT_EQ(load_remembered(folder_ + "/a/b", "lake").size(), 2u);
}

TEST_F(state, unwritable_place_is_an_error) { EXPECT_THROW(save_remembered("/proc/no-such-place", "lake", names_), std::exception); }

}  // namespace
}  // namespace sluice::net
