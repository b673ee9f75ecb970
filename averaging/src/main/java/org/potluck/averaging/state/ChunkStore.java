package org.potluck.averaging.state;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** Where the chunks of a download are kept until all of them are there. Called on the loop. */
interface ChunkStore {
  /** Keeps a chunk that was checked. */
  void write(int index, ByteString data) throws IOException;

  /** What was written as that chunk. */
  ByteString read(int index) throws IOException;

  /** Chunks that were here before; not checked by anybody since. */
  List<Integer> found();

  /** The whole, once every chunk is written; stays valid for as long as it is used. */
  List<MemorySegment> vectors() throws IOException;

  /** Nothing is written any more; what is kept stays for another process, where it can. */
  void close();

  /** Nothing of it will be needed again. */
  void clear();
}
