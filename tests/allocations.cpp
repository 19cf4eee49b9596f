// Replaces operator new and delete in every form that C++20 has: with a form left out, memory that a sanitizer's own
// new gave would come to our delete, or the other way round.
#include "tests/allocations.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<long> count{0};

void* allocated(std::size_t size) noexcept {
  ++count;
  return std::malloc(size == 0 ? 1 : size);
}
void* allocated(std::size_t size, std::align_val_t alignment) noexcept {
  ++count;
  const std::size_t multiple = std::size_t(alignment);
  return std::aligned_alloc(multiple, (size / multiple + 1) * multiple);
}
void* or_throw(void* memory) {
  return memory ? memory : throw std::bad_alloc();
}

}  // namespace

long gradrace::allocation_count() {
  return count;
}

void* operator new(std::size_t size) {
  return or_throw(allocated(size));
}
void* operator new[](std::size_t size) {
  return or_throw(allocated(size));
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  return or_throw(allocated(size, alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return or_throw(allocated(size, alignment));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return allocated(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return allocated(size);
}
void* operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return allocated(size, alignment);
}
void* operator new[](std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return allocated(size, alignment);
}

void operator delete(void* p) noexcept {
  std::free(p);
}
void operator delete[](void* p) noexcept {
  std::free(p);
}
void operator delete(void* p, std::size_t) noexcept {
  std::free(p);
}
void operator delete[](void* p, std::size_t) noexcept {
  std::free(p);
}
void operator delete(void* p, std::align_val_t) noexcept {
  std::free(p);
}
void operator delete[](void* p, std::align_val_t) noexcept {
  std::free(p);
}
void operator delete(void* p, std::size_t, std::align_val_t) noexcept {
  std::free(p);
}
void operator delete[](void* p, std::size_t, std::align_val_t) noexcept {
  std::free(p);
}
void operator delete(void* p, const std::nothrow_t&) noexcept {
  std::free(p);
}
void operator delete[](void* p, const std::nothrow_t&) noexcept {
  std::free(p);
}
void operator delete(void* p, std::align_val_t, const std::nothrow_t&) noexcept {
  std::free(p);
}
void operator delete[](void* p, std::align_val_t, const std::nothrow_t&) noexcept {
  std::free(p);
}
