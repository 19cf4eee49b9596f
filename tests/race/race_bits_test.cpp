// The default race's bits, so that nobody changes them without noticing. They are the same from every compiler and with
// every version of the libraries. A change of the order of sums changes them, and then these hashes with a word of why;
// a move, a cut or a faster way of the same sums must not.
#include <gtest/gtest.h>

#include <map>

#include "engine/data/dataset.hpp"
#include "tests/golden.hpp"
#include "tests/races.hpp"

namespace gradrace {
namespace {

/// SHA-256 of all parameters, one after the other, after two epochs on the miniature of the experiment.
const std::map<std::string, std::pair<const char*, const char*>> kAdadeltaAndAdam = {
    {"sse2",
     {"bf5f341d29a98436483f95b35c59a84ee6c8239cff0b9904e2f264243be50b56",
      "c4ee934c59fc9336f270cee206ee19840aecb7d5859e043a11ee1865057e3026"}},
    {"avx2",
     {"60a336fa53a3786f8329073b210d6cec8b93ab5e3b9be441ae3eb6a60aaba27e",
      "8f413ce5b60222c002af74b2fe4d010819dba5cffe079a271749b734236378ad"}},
    {"avx512",
     {"c3a7039cee5ed7ec3e90ca4271436284d8f29c87c0bef994255b643c88b9c715",
      "a6784b5d254166383e3991dc9c28ef56c1d53c9d85b72e37b1f3bb9ac8bf1b24"}},
    {"neon",
     {"8d0705a25cb7206664d5661e672048c3dfb33db084020da9b0686cff68a28fe7",
      "40d0eeabfae52390f1e75d416bd78b866d469a9823dc7be2cf973db4e5cdeff3"}},
};

std::string hash_of(const RunResult& run) {
  std::vector<float> all;
  for (const NamedTensor& tensor : run.parameters) all.insert(all.end(), tensor.values.begin(), tensor.values.end());
  return golden::sha256(all);
}

TEST(RaceBits, HaveNotChanged) {
  DataOptions what;
  what.directory = golden::path("experiment").string();
  const Dataset data = load_dataset(what);
  for (const kernels::Isa& isa : kernels::Isa::available()) {
    SCOPED_TRACE(isa.name());
    RaceOptions options;
    options.optimizers = {Spec::parse("adadelta:lr=0.5"), Spec::parse("adam:lr=0.001")};
    options.epochs = 2;
    options.isa = isa;
    options.threads = 2;
    const RaceResult race = run_race(options, data);
    ASSERT_EQ(race.runs.size(), 2u);
    const auto& [adadelta, adam] = kAdadeltaAndAdam.at(std::string(isa.name()));
    EXPECT_EQ(hash_of(race.runs[0]), adadelta);
    EXPECT_EQ(hash_of(race.runs[1]), adam);
  }
}

}  // namespace
}  // namespace gradrace
