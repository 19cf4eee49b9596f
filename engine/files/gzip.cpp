#include "engine/files/gzip.hpp"

#include <algorithm>
#include <new>

#include <zlib.h>

#include "engine/base/error.hpp"

namespace gradrace {
namespace {

constexpr int kGzipWindow = 15 + 16;         // zlib's largest window, in a gzip wrapper
constexpr std::size_t kMaxExpansion = 1032;  // deflate makes at most 1032 bytes from one
static_assert(kMaxFileBytes <= UINT32_MAX, "zlib counts in 32 bits");

bool is_gzip(std::span<const std::uint8_t> bytes) {
  return bytes.size() >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b;
}

/// Inflates gzip members from `file` into `out`.
class Inflater {
 public:
  Inflater(std::span<const std::uint8_t> file, std::span<std::uint8_t> out, const std::string& name)
      : file_(file), out_(out), name_(name) {
    stream_.next_in = const_cast<Bytef*>(file.data());  // zlib's older API; it does not write there
    stream_.avail_in = static_cast<uInt>(file.size());
    stream_.next_out = out.data();
    stream_.avail_out = static_cast<uInt>(out.size());
    if (inflateInit2(&stream_, kGzipWindow) != Z_OK) throw std::bad_alloc();
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  std::size_t produced() const { return out_.size() - stream_.avail_out; }

  /// Inflates until `out` is full or the file ends, without looking further.
  void run_until_full() {
    while (stream_.avail_out > 0 && step()) continue;
  }

  /// Inflates until the file ends, which it must do before `out` overflows.
  void run_to_end() {
    while (step()) continue;
  }

 private:
  std::size_t offset() const { return file_.size() - stream_.avail_in; }

  /// One call of zlib; false after the last byte of the last member.
  bool step() {
    switch (inflate(&stream_, Z_NO_FLUSH)) {
      case Z_OK:
        return true;
      case Z_STREAM_END:
        return next_member();
      case Z_BUF_ERROR:
        if (stream_.avail_in == 0) {
          throw data_error("{}: the gzip data ends at byte {}, in the middle of a stream: the file is truncated", name_,
                           file_.size());
        }
        throw data_error("{}: uncompressed, it holds more than the {} bytes that were expected", name_, out_.size());
      case Z_MEM_ERROR:
        throw std::bad_alloc();
      default:
        throw data_error("{}: corrupt gzip data at byte {}: {}", name_, offset(),
                         stream_.msg ? stream_.msg : "a preset dictionary is asked for");
    }
  }

  bool next_member() {
    if (stream_.avail_in == 0) return false;
    if (!is_gzip(file_.subspan(offset()))) {
      throw data_error("{}: after the gzip data, at byte {}, expected the end of the file, found {} bytes more", name_,
                       offset(), stream_.avail_in);
    }
    inflateReset(&stream_);
    return true;
  }

  std::span<const std::uint8_t> file_;
  std::span<std::uint8_t> out_;
  const std::string& name_;
  z_stream stream_ = {};
};

/// The memory that `count` uncompressed bytes may need: no more than the file can expand to, whatever it claims.
Bytes output_for(std::span<const std::uint8_t> file, std::size_t count) {
  return Bytes(std::min(count, file.size() * kMaxExpansion));
}

}  // namespace

Bytes uncompressed_start(std::span<const std::uint8_t> file, const std::string& name, std::size_t count) {
  if (!is_gzip(file)) {
    const auto start = file.first(std::min(count, file.size()));
    return Bytes(start.begin(), start.end());
  }
  Bytes out = output_for(file, count);
  Inflater inflater(file, out, name);
  inflater.run_until_full();
  out.resize(inflater.produced());
  return out;
}

Bytes uncompressed(Bytes file, const std::string& name, std::size_t limit) {
  if (!is_gzip(file)) {
    if (file.size() > limit) throw data_error("{}: expected {} bytes, found {}", name, limit, file.size());
    return file;
  }
  Bytes out = output_for(file, limit);
  Inflater inflater(file, out, name);
  inflater.run_to_end();
  out.resize(inflater.produced());
  return out;
}

Bytes gzip_compressed(std::span<const std::uint8_t> bytes) {
  z_stream stream = {};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindow, MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::bad_alloc();
  Bytes out(deflateBound(&stream, bytes.size()));
  stream.next_in = const_cast<Bytef*>(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);  // cannot fail: the output has room for the worst case
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace gradrace
