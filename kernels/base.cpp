#include "kernels/base.hpp"

#include <cstdio>
#include <cstdlib>

namespace gradrace {

void expectation_failed(const char* expression, const char* file, int line, long long left, long long right) {
  std::fprintf(stderr, "%s:%d: expected %s, but left is %lld and right is %lld\n", file, line, expression, left, right);
  std::abort();
}

}  // namespace gradrace
