// The default race's bits, so that nobody changes them without noticing. A change of the order of sums changes them,
// and then these hashes with a word of why; a move, a cut or a faster way of the same sums must not.
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
     {"06e0a91c0d52481a94ed860cae27bf4de8fe6399b24f3d596a8bb5d67230be5e",
      "6c8449abdba0bfdcb340eab3a27d2d0b02c47a08049648f9694919ea0d0ab64c"}},
    {"avx2",
     {"0858757c5db873c1246ca08510eb921895945ed7788873e4261226646e1f50dd",
      "824a747b1e9a8c8fe04796820703b46b799799ddcf507ea68e51228516a37afa"}},
    {"avx512",
     {"a367278b10dfaf268ee3c965e8c751140f0793e272155a8dba936af61d5b021c",
      "e00ac70d0719d00b565dc95bcb5f4573432d8151fc6ad12dfc156fa7612b9013"}},
};

std::string hash_of(const RunResult& run) {
  std::vector<float> all;
  for (const NamedTensor& tensor : run.parameters) all.insert(all.end(), tensor.values.begin(), tensor.values.end());
  return golden::sha256(all);
}

TEST(RaceBits, AreThoseOfTheFirstVersion) {
#if defined(__clang__) || __GNUC__ != 12
  GTEST_SKIP() << "the hashes are those of g++ 12 with Debian 12's libraries; others may round exp and log differently";
#endif
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
