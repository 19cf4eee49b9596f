# Sourced by the scripts that run the tests in a few processes, with what cmake/bootstrap.sh has.

# Patterns of the tests that take longest, or start the program: where each is slowed down, for minutes.
long_tests='*GoldenNetworks*:*GoldenTraining*:GoldenMnist*:GoldenClipping*:RaceBits*:*TrainerThreads*:*TrainerWithEach*'
long_tests+=':TrainerClipping*:Trainer.Gives*:Soak*:PhaseClock*:Checkpoint.ResumingEquals*:Profile*:Limits*:*Program*'

# in_shards N COMMAND...: runs COMMAND, which runs tests by GoogleTest, on each N-th of them, one on each CPU at a time; one
# process for each test, as ctest has it, would spend minutes on starting. Quietly, but for those that fail.
in_shards() {
  export GTEST_TOTAL_SHARDS=$1
  export -f quietly
  seq 0 $(($1 - 1)) | xargs -I{} -P "$(nproc)" bash -c 'GTEST_SHARD_INDEX={} quietly "$@"' bash "${@:2}"
}
