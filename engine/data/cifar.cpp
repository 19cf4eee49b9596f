#include "engine/data/cifar.hpp"

#include "engine/base/error.hpp"
#include "engine/files/sha256.hpp"

namespace gradrace {
namespace {

constexpr std::size_t kPlane = kCifarSide * kCifarSide;

/// [channel][pixel] becomes [pixel][channel].
void interleave(const std::uint8_t* planes, std::uint8_t* pixels) {
  for (std::size_t i = 0; i < kPlane; ++i)
    for (std::size_t c = 0; c < kCifarChannels; ++c) *pixels++ = planes[c * kPlane + i];
}

}  // namespace

CifarFile parse_cifar(Bytes file, const std::string& name, Index classes) {
  CifarFile cifar{.name = name, .images = {}, .sha256 = {.content = {}, .stored = sha256({file})}};
  const Bytes records = uncompressed(std::move(file), name, kCifarMostRecords * kCifarRecordBytes);
  if (records.empty() || std::ssize(records) % kCifarRecordBytes != 0)
    throw data_error("{}: expected records of {} bytes, found {} bytes", name, kCifarRecordBytes, records.size());
  cifar.sha256.content = sha256({records});
  const Index count = std::ssize(records) / kCifarRecordBytes;
  cifar.images = {.count = count,
                  .height = kCifarSide,
                  .width = kCifarSide,
                  .channels = kCifarChannels,
                  .classes = kCifarClasses,
                  .pixels = Bytes(std::size_t(count) * kCifarChannels * kPlane),
                  .labels = {}};
  for (Index i = 0; i < count; ++i) {
    const std::uint8_t* record = records.data() + i * kCifarRecordBytes;
    if (*record >= classes)
      throw data_error("{}: expected labels from 0 to {}, found {} at byte {}", name, classes - 1, int{*record},
                       i * kCifarRecordBytes);
    cifar.images.labels.push_back(*record);
    interleave(record + 1, cifar.images.pixels.data() + std::size_t(i) * kCifarChannels * kPlane);
  }
  return cifar;
}

CifarFile read_cifar(const std::filesystem::path& file, Index classes) {
  return parse_cifar(read_file(file), file.string(), classes);
}

}  // namespace gradrace
