#include "engine/files/base64.hpp"

#include <gtest/gtest.h>

#include "tests/data_files.hpp"

namespace gradrace {
namespace {

TEST(Base64, IsThatOfTheStandard) {
  const std::pair<const char*, const char*> examples[] = {{"", ""},        {"f", "Zg=="},        {"fo", "Zm8="},
                                                          {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"\xff\xfe", "//4="}};
  for (const auto& [bytes, text] : examples) {
    EXPECT_EQ(base64(bytes_of(bytes)), text);
    EXPECT_TRUE(is_base64(text, std::string_view(bytes).size())) << text;
  }
}

TEST(Base64, IsTheOnlyThingThatIsTakenForIt) {
  for (const char* text : {"", "Zg=", "Zg", "Zg==\n", "Z===", "Zm8=", "Zg=A", "Z-==", "Zg==Zg=="})
    EXPECT_FALSE(is_base64(text, 1)) << text;
  EXPECT_FALSE(is_base64("====", 3));
  EXPECT_FALSE(is_base64("Zm9v", 4));
}

}  // namespace
}  // namespace gradrace
