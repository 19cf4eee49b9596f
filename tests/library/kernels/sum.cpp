// A sum by the kernels alone.
#include <cstdio>
#include <string>
#include <vector>

#include "kernels/gemm.hpp"

using namespace gradrace::kernels;

int main() {
  const Isa isa = Isa::best();
  const std::vector<float> ones = {1, 1, 1, 1};
  std::vector<float> sums(2);
  tree_sum(isa, 2, 2, ones.data(), 2, sums.data());
  std::printf("%s: %g %g\n", std::string(isa.name()).c_str(), double(sums[0]), double(sums[1]));
  return sums[0] == 2 && sums[1] == 2 ? 0 : 1;
}
