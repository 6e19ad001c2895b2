# Homebrew formula; a release fills in its version and checksums: see scripts/pack_release.ts.
class Ticklake < Formula
  desc "Carries quotes from files through Kafka into an S3 lake, exactly once"
  homepage "@REPOSITORY@"
  version "@VERSION@"
  license "MIT"

  on_macos do
    on_arm do
      url "@REPOSITORY@/releases/download/v@VERSION@/ticklake-macos-arm64.gz"
      sha256 "@SHA256:ticklake-macos-arm64.gz@"
    end
    on_intel do
      url "@REPOSITORY@/releases/download/v@VERSION@/ticklake-macos-x64.gz"
      sha256 "@SHA256:ticklake-macos-x64.gz@"
    end
  end

  on_linux do
    on_arm do
      url "@REPOSITORY@/releases/download/v@VERSION@/ticklake-linux-arm64.gz"
      sha256 "@SHA256:ticklake-linux-arm64.gz@"
    end
    on_intel do
      url "@REPOSITORY@/releases/download/v@VERSION@/ticklake-linux-x64.gz"
      sha256 "@SHA256:ticklake-linux-x64.gz@"
    end
  end

  def install
    bin.install Dir["ticklake*"].first => "ticklake"
    generate_completions_from_executable(bin/"ticklake", "completions")
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/ticklake --version")
    system bin/"ticklake", "demo"
  end
end
