#include "engine/files/json.hpp"

#include <gtest/gtest.h>

#include "tests/data_files.hpp"
#include "tests/temporary_directory.hpp"

namespace gradrace {
namespace {

using nlohmann::ordered_json;

/// The sentence with which a text is refused.
std::string refusal_of(const std::string& text, const JsonLimits& limits = {}) {
  const std::string sentence = error_of(ExitCode::kData, [&] { parse_json(text, "some.json", limits); });
  EXPECT_TRUE(sentence.starts_with("some.json: at byte ")) << sentence;
  return sentence;
}

TEST(Json, IsWhatTheLibraryReads) {
  for (const char* text : {"null", "true", " -1 ", "18446744073709551615", "-1.5e-3", R"("a\u00e9\n")", "[]", "{}",
                           "[[], {}, [1, [2]], 3]", R"({"b": {"a": [], "": {"a": 1}}, "a": [{"b": 1}, {"b": 2}]})",
                           R"([{"c": 1, "a": 2}, {"a": 1}])"})
    EXPECT_EQ(parse_json(text, "some.json").dump(), ordered_json::parse(text).dump());
}

TEST(Json, ThatIsNoneIsNamedWithItsPlace) {
  EXPECT_EQ(refusal_of(""), "some.json: at byte 0: expected JSON, found the end");
  EXPECT_EQ(refusal_of("[1, "), "some.json: at byte 4: expected JSON, found the end");
  EXPECT_EQ(refusal_of("{}\n\n  {}"), "some.json: at byte 6 (line 3): expected JSON, found something else");
  EXPECT_EQ(refusal_of("[1,\n1e999]"), "some.json: at byte 9 (line 2): the number is too large");
  EXPECT_EQ(refusal_of(std::string("{}\0{}", 5)), "some.json: at byte 2: expected JSON, found a zero byte");
  EXPECT_EQ(refusal_of("<!DOCTYPE html>", {.first_byte = 8}),
            "some.json: at byte 8: expected JSON, found something else");
  for (const char* text : {"[1,]", "{a: 1}", "NaN", "[01]", "'a'", "\"\xff\"", "\"\x1b\"", "[1] // one", "\"\\ud800\""})
    expect_contains(refusal_of(text), "expected JSON, found something else");
}

TEST(Json, HasNoKeyTwiceInAnObject) {
  expect_contains(refusal_of(R"({"a": 1, "b": {}, "a": 2})"),
                  "at byte 24: the object that ends here has the key \"a\"");
  expect_contains(refusal_of("[{\"\\u0061\": 1,\n\"a\": 2}]"), "at byte 21 (line 2): the object that ends here");
  expect_contains(refusal_of(R"({"a": {"\u001b[31m": 1, "\u001b[31m": 2}})"), R"(the key "\u001b[31m" twice)");
}

// Its parser and its destructor would overflow the stack.
TEST(Json, IsNestedAsDeepAsIsAllowed) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_EQ(parse_json(nested(64), "some.json").dump(), nested(64));
  EXPECT_EQ(refusal_of(nested(65)), "some.json: at byte 64: it is nested more than 64 levels deep");
  expect_contains(refusal_of(std::string(1'000'000, '[')), "nested more than 64 levels deep");
  expect_contains(refusal_of(R"({"a": {"b": {"c": 1}}})", {.depth = 2}), "nested more than 2 levels deep");
}

TEST(Json, HoldsAsManyValuesAsAreAllowed) {
  EXPECT_EQ(parse_json("[1, {}, 3]", "some.json", {.values = 4}).size(), 3u);
  expect_contains(refusal_of("[1, {}, 3]", {.values = 3}), "at byte 9: expected at most 3 values, found more");
}

// Looking for each key among all others would take this test a minute.
TEST(Json, MayHaveManyKeys) {
  std::string text = "{\"0\": 0";
  for (int i = 1; i < 300'000; ++i) text += fmt::format(", \"{0}\": {0}", i);
  const ordered_json json = parse_json(text + "}", "some.json");
  EXPECT_EQ(json.size(), 300'000u);
  EXPECT_EQ(json.back(), 299'999);
  expect_contains(refusal_of(text + ", \"7\": 7}"), "the key \"7\" twice");
}

TEST(Json, IsReadFromRegularFilesOfSomeSize) {
  const TemporaryDirectory directory;
  write_bytes(directory / "some.json", bytes_of("{\"a\": 1}"));
  EXPECT_EQ(read_json(directory / "some.json", 8)["a"], 1);
  const auto refusal = [](const std::filesystem::path& file) {
    return error_of(ExitCode::kData, [&] { read_json(file, 7); });
  };
  expect_contains(refusal(directory / "some.json"), "some.json: expected at most 7 bytes, found 8");
  expect_contains(refusal(directory / "none.json"), "none.json: cannot be read: No such file or directory");
  expect_contains(refusal(directory.path()), "expected a regular file");
  expect_contains(refusal("/dev/zero"), "/dev/zero: expected a regular file");
}

TEST(Json, LosesAKeyAndKeepsTheOrderOfTheOthers) {
  ordered_json object = {{"z", 1}, {"a key of more than fifteen", {2, 3}}, {"b", nullptr}, {"a", "x"}};
  remove(object, "missing");
  EXPECT_EQ(object.size(), 4);
  remove(object, "z");
  remove(object, "b");
  EXPECT_EQ(object.dump(), R"({"a key of more than fifteen":[2,3],"a":"x"})");
}

TEST(Json, IsShownOnOneLineAndNotAtLength) {
  EXPECT_EQ(shown("\x1b[31m\n\xff\u00e9"), R"("\u001b[31m\n\ufffd\u00e9")");
  EXPECT_EQ(shown(std::string(1000, 'a')), "\"" + std::string(79, 'a') + "...");
}

}  // namespace
}  // namespace gradrace
