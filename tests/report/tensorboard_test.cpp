#include "engine/report/tensorboard.hpp"

#include <cstring>
#include <map>

#include <gtest/gtest.h>

#include "engine/report/crc32c.hpp"
#include "tests/data_files.hpp"
#include "tests/races.hpp"
#include "tests/temporary_directory.hpp"
#include "tests/text_file.hpp"

namespace gradrace {
namespace {

namespace fs = std::filesystem;

/// CRC-32C once more, bit by bit.
std::uint32_t slow_crc32c(std::string_view bytes) {
  std::uint32_t crc = 0xffffffff;
  for (const char byte : bytes)
    for (int bit = 0; bit < 8; ++bit) {
      const bool one = ((crc >> 0) ^ (unsigned(std::uint8_t(byte)) >> bit)) & 1;
      crc = crc / 2;
      if (one) crc ^= 0x82f63b78;
    }
  return crc ^ 0xffffffff;
}

template <class T>
T take(std::string_view& bytes) {
  T value{};
  if (bytes.size() < sizeof value) throw std::runtime_error("too short");
  std::memcpy(&value, bytes.data(), sizeof value);
  bytes.remove_prefix(sizeof value);
  return value;
}

std::string_view take(std::string_view& bytes, std::size_t n) {
  const std::string_view taken = bytes.substr(0, n);
  if (taken.size() < n) throw std::runtime_error("too short");
  bytes.remove_prefix(n);
  return taken;
}

void check(std::string_view bytes, std::uint32_t masked) {
  const std::uint32_t rotated = masked - 0xa282ead8u;
  EXPECT_EQ((rotated << 15) | (rotated >> 17), slow_crc32c(bytes));
}

/// The data of all records of a file.
std::vector<std::string_view> records(std::string_view file) {
  std::vector<std::string_view> found;
  while (!file.empty()) {
    const std::string_view length = file.substr(0, 8);
    const auto size = take<std::uint64_t>(file);
    check(length, take<std::uint32_t>(file));
    found.push_back(take(file, size));
    check(found.back(), take<std::uint32_t>(file));
  }
  return found;
}

std::uint64_t take_varint(std::string_view& bytes) {
  std::uint64_t value = 0;
  for (int shift = 0;; shift += 7) {
    const auto byte = take<std::uint8_t>(bytes);
    value |= std::uint64_t(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
}

/// The fields of a message, their values as raw bytes.
std::map<std::uint64_t, std::string_view> fields(std::string_view message) {
  std::map<std::uint64_t, std::string_view> found;
  while (!message.empty()) {
    const std::uint64_t key = take_varint(message);
    const std::string_view rest = message;
    switch (key & 7) {
      case 0:
        take_varint(message);
        found[key >> 3] = rest.substr(0, rest.size() - message.size());
        break;
      case 1:
        found[key >> 3] = take(message, 8);
        break;
      case 2: {
        const std::uint64_t size = take_varint(message);
        found[key >> 3] = take(message, size);
        break;
      }
      case 5:
        found[key >> 3] = take(message, 4);
        break;
      default:
        throw std::runtime_error("unknown wire type");
    }
  }
  return found;
}

struct Scalar {
  double wall_time;
  std::uint64_t step;
  std::string tag;
  float value;
};

Scalar scalar(std::string_view event) {
  auto outer = fields(event);
  auto entry = fields(fields(outer.at(5)).at(1));
  return {take<double>(outer.at(1)), take_varint(outer.at(2)), std::string(entry.at(1)), take<float>(entry.at(2))};
}

TEST(Tensorboard, ChecksumsAreThoseOfTheStandard) {
  EXPECT_EQ(crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aau) << "RFC 3720, B.4";
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43u) << "RFC 3720, B.4";
}

TEST(Tensorboard, FilesBeginAsTensorFlowsDo) {
  const std::string event = version_event(1.5e9);
  // The length of a version event and its masked checksum: the first 12 bytes of every event file of TensorFlow.
  EXPECT_EQ(event.substr(0, 12), std::string("\x18\0\0\0\0\0\0\0\xa3\x7f\x4b\x22", 12));
  ASSERT_EQ(records(event).size(), 1u);
  auto message = fields(records(event)[0]);
  EXPECT_EQ(take<double>(message.at(1)), 1.5e9);
  EXPECT_EQ(message.at(3), "brain.Event:2");
}

TEST(Tensorboard, FilesSayThatTheyBeginAnew) {
  const std::string event = start_event(2.25);
  auto message = fields(records(event).at(0));
  EXPECT_EQ(message.count(2), 0u) << "step 0";
  EXPECT_EQ(fields(message.at(7)).at(1), std::string_view("\x01", 1)) << "SessionLog.START";
}

TEST(Tensorboard, EventsHoldStepTagAndValue) {
  const std::string event = scalar_event(2.25, 123456789, "train/loss", 0.1f);
  const Scalar read = scalar(records(event).at(0));
  EXPECT_EQ(read.wall_time, 2.25);
  EXPECT_EQ(read.step, 123456789u);
  EXPECT_EQ(read.tag, "train/loss");
  EXPECT_EQ(read.value, 0.1f);
}

TEST(Tensorboard, TextsAreTensorsForTheDashboardOfTexts) {
  const std::string event = text_event(2.25, "data", "This is not MNIST.");
  auto outer = fields(records(event).at(0));
  EXPECT_EQ(take<double>(outer.at(1)), 2.25);
  auto entry = fields(fields(outer.at(5)).at(1));
  EXPECT_EQ(entry.at(1), "data");
  auto tensor = fields(entry.at(8));
  EXPECT_EQ(take_varint(tensor.at(1)), 7u) << "DT_STRING";
  EXPECT_EQ(tensor.at(2), std::string_view("\x12\x02\x08\x01", 4)) << "the shape [1]";
  EXPECT_EQ(tensor.at(8), "This is not MNIST.");
  auto metadata = fields(entry.at(9));
  EXPECT_EQ(fields(metadata.at(1)).at(1), "text");
  EXPECT_EQ(take_varint(metadata.at(4)), 2u) << "DATA_CLASS_TENSOR";
}

std::string only_file(const fs::path& directory) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(directory)) files.push_back(entry.path());
  EXPECT_EQ(files.size(), 1u);
  EXPECT_TRUE(files.at(0).filename().string().starts_with("events.out.tfevents."));
  return read_text(files.at(0));
}

TEST(Tensorboard, GetsEveryLossOfARace) {
  const TemporaryDirectory directory;
  TensorboardWriter writer(directory / "new/board");
  const RaceResult race = run_race(small_race({"adam", "fast@adam:lr=0.01"}), small_dataset(), {&writer});
  for (const RunResult& run : race.runs) {
    const std::string file = only_file(directory / "new/board" / run.label);
    const std::vector<std::string_view> events = records(file);
    ASSERT_EQ(events.size(), 2u + run.step_loss.size() + 2 * run.epochs.size());
    for (std::size_t i = 0; i < 3; ++i) {
      const Scalar loss = scalar(events[2 + i]);
      EXPECT_EQ(loss.tag, "train/loss");
      EXPECT_EQ(loss.step, i + 1);
      EXPECT_EQ(loss.value, run.step_loss[i]);
    }
    const Scalar test_loss = scalar(events[5]), accuracy = scalar(events[11]);
    EXPECT_EQ(test_loss.tag, "test/loss");
    EXPECT_EQ(test_loss.step, 3u);
    EXPECT_EQ(test_loss.value, float(run.epochs[0].test.loss));
    EXPECT_EQ(accuracy.tag, "test/accuracy");
    EXPECT_EQ(accuracy.step, 6u);
    EXPECT_EQ(accuracy.value, float(run.epochs[1].test.correct) / 10);
  }
}

TEST(Tensorboard, WritesAllOfARunThatGoesOn) {
  const TemporaryDirectory directory;
  RaceResult race;
  RunResult& run = race.runs.emplace_back();
  run.label = "adam";
  run.steps_per_epoch = 2;
  run.step_loss = {4, 3, 2, 1};
  run.epochs = {{.epoch = 1, .test = {0.5, 6, 10}}, {.epoch = 2, .test = {0.25, 9, 10}}};
  TensorboardWriter writer(directory.path());
  writer.run_began(race);
  const std::string file = only_file(directory / "adam");
  const std::vector<std::string_view> events = records(file);
  ASSERT_EQ(events.size(), 2u + 4 + 4);
  const Scalar loss = scalar(events[4]), accuracy = scalar(events[7]), last = scalar(events[9]);
  EXPECT_EQ(loss.step, 3u);
  EXPECT_EQ(loss.value, 2.0f);
  EXPECT_EQ(accuracy.step, 2u);
  EXPECT_EQ(accuracy.value, 0.6f);
  EXPECT_EQ(last.step, 4u);
  EXPECT_EQ(last.tag, "test/accuracy");
}

TEST(Tensorboard, KeepsSeedsApart) {
  const TemporaryDirectory directory;
  TensorboardWriter writer(directory.path());
  RaceOptions options = small_race({"adam"});
  options.seeds = {3, 4};
  run_race(options, small_dataset(), {&writer});
  EXPECT_NE(only_file(directory / "adam/seed-3"), only_file(directory / "adam/seed-4"));
}

TEST(Tensorboard, SaysInEveryRunThatTheDataIsNotMnist) {
  const TemporaryDirectory directory;
  TensorboardWriter writer(directory.path());
  writer.describe("This is not MNIST.");
  run_race(small_race({"adam", "sgd"}), small_dataset(), {&writer});
  for (const char* label : {"adam", "sgd"}) {
    const std::string file = only_file(directory / label);
    expect_contains(std::string(records(file).at(2)), "This is not MNIST.");
  }
}

TEST(Tensorboard, SaysWhereItCannotWrite) {
  const TemporaryDirectory directory;
  write_bytes(directory / "file", bytes_of("x"));
  expect_contains(error_of(ExitCode::kFailure, [&] { TensorboardWriter writer(directory / "file/below"); }),
                  "file/below");
}

}  // namespace
}  // namespace gradrace
