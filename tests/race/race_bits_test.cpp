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
     {"f6b36c7aca71d56aae5e44c2685845f70695e05647a922c45fe2f0d6d1ab581f",
      "21883102187d859c7f1e08e0858941da198bb6fecfedbaeaa70bf549fd4dddd2"}},
    {"avx2",
     {"8342cad5e1874109ecd60c5624ae410aa9d1740084ea91676453f4b6e1f63187",
      "aae2fc6c8424e42d08f1960ca2afc92837be85071fd41f7806da193c4146dcfb"}},
    {"avx512",
     {"36fe3ec8c2cc64794e09c8ddfc0a8a314086464e8b9030ffb31e9bc69731eef2",
      "d92bab20cca5d97877e0e4e6a064c6c1965a546b13ec9af0abf9ec836deccd33"}},
    {"neon",
     {"37c63feafb656cf735e3595986e2ea45e946288d8932aa9a2b7447aa4ca404a5",
      "0b9143ee80e580e53e28b9b2153a80d2beea8708cec3a88896ed812595b65456"}},
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
