#pragma once
/// Open files, as the system numbers them.

#include <unistd.h>

#include <string_view>
#include <utility>

namespace gradrace {

/// Owns what open() returned, failures (-1) included.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }

  int get() const { return number_; }
  bool is_open() const { return number_ >= 0; }

 private:
  int number_;
};

/// Writes all of it, however often signals interrupt that. False, with errno set, if something was not written.
bool write_all(const Descriptor& file, std::string_view bytes) noexcept;

}  // namespace gradrace
