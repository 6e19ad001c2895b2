import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.Random;
import net.jpountz.lz4.LZ4FrameOutputStream;
import net.jpountz.lz4.LZ4FrameOutputStream.BLOCKSIZE;
import net.jpountz.lz4.LZ4FrameOutputStream.FLG;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.utils.ByteBufferOutputStream;
import org.xerial.snappy.Snappy;
import org.xerial.snappy.SnappyOutputStream;

/**
 * Compresses bytes in every way that Kafka's own client and the libraries below it offer; a line of JSON for each.
 * The bytes are written in pieces of random lengths, as a producer appends records.
 *
 * Usage: Variants.java FILE SEED
 */
public class Variants {
  static final int GZIP = 1, SNAPPY = 2, LZ4 = 3, ZSTD = 4;
  static byte[] data;
  static Random random;

  interface Opener {
    OutputStream open(OutputStream out) throws Exception;
  }

  public static void main(String[] args) throws Exception {
    data = Files.readAllBytes(Path.of(args[0]));
    random = new Random(Long.parseLong(args[1]));
    for (int level = 1; level <= 9; level++) {
      kafka(GZIP, "level=" + level, Compression.gzip().level(level).build());
    }
    kafka(GZIP, "default", Compression.gzip().build());
    kafka(SNAPPY, "default", Compression.snappy().build());
    for (int level = 1; level <= 17; level++) {
      kafka(LZ4, "level=" + level, Compression.lz4().level(level).build());
    }
    for (int level : new int[] {-131072, -100, -7, -1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 18, 19, 20, 21, 22}) {
      kafka(ZSTD, "level=" + level, Compression.zstd().level(level).build());
    }
    for (BLOCKSIZE size : BLOCKSIZE.values()) {
      for (FLG.Bits[] bits : new FLG.Bits[][] {
        {FLG.Bits.BLOCK_INDEPENDENCE},
        {FLG.Bits.BLOCK_INDEPENDENCE, FLG.Bits.BLOCK_CHECKSUM},
        {FLG.Bits.BLOCK_INDEPENDENCE, FLG.Bits.CONTENT_CHECKSUM},
        {FLG.Bits.BLOCK_INDEPENDENCE, FLG.Bits.BLOCK_CHECKSUM, FLG.Bits.CONTENT_CHECKSUM},
      }) {
        stream(LZ4, "lz4-java " + size + " " + Arrays.toString(bits), out -> new LZ4FrameOutputStream(out, size, bits));
      }
      stream(LZ4, "lz4-java " + size + " with its size",
        out -> new LZ4FrameOutputStream(out, size, data.length, FLG.Bits.BLOCK_INDEPENDENCE, FLG.Bits.CONTENT_SIZE));
    }
    for (int window : new int[] {10, 15, 20, 24, 27}) {
      stream(ZSTD, "zstd-jni long=" + window, out -> new ZstdOutputStreamNoFinalizer(out, 3).setLong(window));
    }
    stream(ZSTD, "zstd-jni checksum", out -> new ZstdOutputStreamNoFinalizer(out, 3).setChecksum(true));
    put(ZSTD, "zstd-jni a frame a flush", flushed(out -> new ZstdOutputStreamNoFinalizer(out, 3).setCloseFrameOnFlush(true)));
    put(ZSTD, "zstd-jni a block a flush", flushed(out -> new ZstdOutputStreamNoFinalizer(out, 3)));
    for (int block : new int[] {1024, 4096, 32768, 1 << 20}) {
      stream(SNAPPY, "blocks of " + block, out -> new SnappyOutputStream(out, block));
    }
    put(SNAPPY, "a block a flush", flushed(out -> new SnappyOutputStream(out, 32768)));
    put(SNAPPY, "raw", Snappy.compress(data));
  }

  static void kafka(int codec, String name, Compression compression) throws Exception {
    ByteBufferOutputStream bytes = new ByteBufferOutputStream(512);
    write(compression.wrapForOutput(bytes, (byte) 2), false);
    bytes.buffer().flip();
    byte[] written = new byte[bytes.buffer().remaining()];
    bytes.buffer().get(written);
    put(codec, "kafka-clients " + name, written);
  }

  static void stream(int codec, String name, Opener opener) throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    write(opener.open(bytes), false);
    put(codec, name, bytes.toByteArray());
  }

  static byte[] flushed(Opener opener) throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    write(opener.open(bytes), true);
    return bytes.toByteArray();
  }

  static void write(OutputStream out, boolean flush) throws Exception {
    for (int at = 0; at < data.length;) {
      int end = Math.min(data.length, at + 1 + random.nextInt(300));
      out.write(data, at, end - at);
      if (flush) out.flush();
      at = end;
    }
    out.close();
  }

  static void put(int codec, String name, byte[] bytes) {
    System.out.println("{\"codec\":" + codec + ",\"name\":\"Java: " + name + "\",\"bytes\":\""
      + Base64.getEncoder().encodeToString(bytes) + "\"}");
  }
}
