#include "engine/report/tensorboard.hpp"

#include <unistd.h>

#include <bit>
#include <cerrno>
#include <chrono>
#include <system_error>

#include "engine/base/error.hpp"
#include "engine/report/crc32c.hpp"

namespace gradrace {
namespace {

namespace fs = std::filesystem;

/// Protocol buffers, as far as an Event needs them: https://protobuf.dev/programming-guides/encoding
enum class Wire : unsigned { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

template <class Unsigned>
std::string little_endian(Unsigned value) {
  std::string bytes;
  for (std::size_t i = 0; i < sizeof value; ++i) bytes += char((value >> (8 * i)) & 0xff);
  return bytes;
}

std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += char((value & 0x7f) | 0x80);
  return bytes + char(value);
}

std::string key(unsigned field, Wire wire) {
  return varint(field << 3 | unsigned(wire));
}

std::string bytes_field(unsigned field, std::string_view bytes) {
  return key(field, Wire::kBytes) + varint(bytes.size()) + std::string(bytes);
}

std::string varint_field(unsigned field, std::uint64_t value) {
  return key(field, Wire::kVarint) + varint(value);
}

/// The fields of tensorflow/core/util/event.proto and framework/summary.proto.
std::string wall_time_field(double seconds) {
  return key(1, Wire::kFixed64) + little_endian(std::bit_cast<std::uint64_t>(seconds));
}

std::uint32_t masked_crc(std::string_view bytes) {
  const std::uint32_t crc = crc32c(bytes);
  return std::rotr(crc, 15) + 0xa282ead8u;
}

std::string record(const std::string& data) {
  const std::string length = little_endian(std::uint64_t(data.size()));
  return length + little_endian(masked_crc(length)) + data + little_endian(masked_crc(data));
}

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string host_name() {
  char name[256] = "";
  return ::gethostname(name, sizeof name - 1) == 0 && *name ? name : "unknown";
}

void make_directory(const fs::path& directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) throw failure("cannot make the directory {}: {}", directory.string(), error.message());
}

/// Throws the failure of a stream, which tells the reason by errno.
[[noreturn]] void fail(const fs::path& file) {
  throw failure("cannot write {}: {}", file.string(), std::generic_category().message(errno ? errno : EIO));
}

}  // namespace

std::string version_event(double wall_time) {
  return record(wall_time_field(wall_time) + bytes_field(3, "brain.Event:2"));
}

std::string start_event(double wall_time) {
  constexpr std::uint64_t kStart = 1;  // SessionLog.START
  return record(wall_time_field(wall_time) + bytes_field(7, varint_field(1, kStart)));
}

std::string scalar_event(double wall_time, std::int64_t step, std::string_view tag, float value) {
  const std::string entry =
      bytes_field(1, tag) + key(2, Wire::kFixed32) + little_endian(std::bit_cast<std::uint32_t>(value));
  return record(wall_time_field(wall_time) + varint_field(2, std::uint64_t(step)) +
                bytes_field(5, bytes_field(1, entry)));
}

std::string text_event(double wall_time, std::string_view tag, std::string_view text) {
  constexpr std::uint64_t kString = 7, kTensor = 2;  // types.proto: DT_STRING; summary.proto: DATA_CLASS_TENSOR
  const std::string one = bytes_field(2, varint_field(1, 1));  // a shape of one dimension of size 1
  const std::string tensor = varint_field(1, kString) + bytes_field(2, one) + bytes_field(8, text);
  const std::string plugin = bytes_field(1, bytes_field(1, "text")) + varint_field(4, kTensor);
  return record(wall_time_field(wall_time) +
                bytes_field(5, bytes_field(1, bytes_field(1, tag) + bytes_field(8, tensor) + bytes_field(9, plugin))));
}

TensorboardWriter::TensorboardWriter(fs::path directory) : directory_(std::move(directory)) {
  make_directory(directory_);
}

void TensorboardWriter::run_began(const RaceResult& race) {
  const RunResult& run = race.runs.back();
  fs::path directory = directory_ / run.label;
  if (race.seeds.size() > 1) directory /= fmt::format("seed-{}", run.seed);
  make_directory(directory);
  file_ = directory / fmt::format("events.out.tfevents.{:.0f}.{}.{}", now(), host_name(), ::getpid());
  errno = 0;
  stream_.open(file_, std::ios::binary | std::ios::trunc);
  if (!stream_) fail(file_);
  pending_ = version_event(now()) + start_event(now());
  if (!notice_.empty()) pending_ += text_event(now(), "data", notice_);
  for (std::size_t i = 0; i < run.step_loss.size(); ++i)
    add(std::int64_t(i) + 1, "train/loss", double(run.step_loss[i]));
  for (const EpochResult& epoch : run.epochs) add(run, epoch);
  flush();
}

void TensorboardWriter::step_done(const RaceResult& race, const StepEvent& step) {
  add(std::ssize(race.runs.back().step_loss), "train/loss", double(step.loss));
}

void TensorboardWriter::epoch_done(const RaceResult& race) {
  add(race.runs.back(), race.runs.back().epochs.back());
  flush();
}

void TensorboardWriter::run_ended(const RaceResult&) {
  flush();
  stream_.close();
}

void TensorboardWriter::add(std::int64_t step, std::string_view tag, double value) {
  pending_ += scalar_event(now(), step, tag, float(value));
}

void TensorboardWriter::add(const RunResult& run, const EpochResult& epoch) {
  const Index last_step = epoch.epoch * run.steps_per_epoch;
  add(last_step, "test/loss", epoch.test.loss);
  add(last_step, "test/accuracy", epoch.test.accuracy());
}

void TensorboardWriter::flush() {
  errno = 0;
  if (!stream_.write(pending_.data(), std::streamsize(pending_.size())).flush()) fail(file_);
  pending_.clear();
}

}  // namespace gradrace
