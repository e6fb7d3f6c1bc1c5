using System.Globalization;
using Cascade.Tiers.Native;

namespace Cascade.Tiers.Cold;

/// <summary>One transfer: as few calls as the kernel lets it be, and what is done when it moves less than asked.</summary>
internal sealed partial class DirectFile
{
    private TransferResult Transfer(ReadOnlySpan<Libc.Iovec> pieces, long offset, bool writing)
    {
        var total = RequireWholePages(pieces, offset);
        Span<Libc.Iovec> rest = stackalloc Libc.Iovec[pieces.Length];
        pieces.CopyTo(rest);
        var done = 0L;
        for (var idle = 0; done < total;)
        {
            if (idle > 0)
                Thread.Yield();
            var moved = (long)(writing
                ? Libc.pwritev(_handle, ref rest[0], rest.Length, offset + done)
                : Libc.preadv(_handle, ref rest[0], rest.Length, offset + done));
            if (moved < 0)
            {
                var error = Errno.Last;
                if (!CanTryAgain(error, ref idle))
                    return new TransferResult(error, done);
                continue;
            }

            // What ends within a page is moved again from the page's start: the next call must begin at one.
            var pages = Pages.Whole(moved);
            if (pages == 0 && !writing)
                return new TransferResult(0, done + moved);
            if (pages == 0 && ++idle > MaxIdleTries)
                return new TransferResult(Errno.EIO, done);
            if (pages > 0)
                idle = 0;
            rest = Advance(rest, pages);
            done += pages;
        }

        return new TransferResult(0, done);
    }

    private bool CanTryAgain(int error, ref int idle)
    {
        switch (error)
        {
            case Errno.EINVAL when IsDirect:
                FallBack();
                return true;

            // EINVAL: another transfer may have fallen back between this one's call and now.
            case Errno.EINTR or Errno.EAGAIN or Errno.EINVAL:
                return ++idle <= MaxIdleTries;
            default:
                return false;
        }
    }

    private static Span<Libc.Iovec> Advance(Span<Libc.Iovec> pieces, long bytes)
    {
        while (bytes > 0)
        {
            ref var first = ref pieces[0];
            var step = Math.Min(bytes, (long)first.iov_len);
            first.iov_base += (nint)step;
            first.iov_len -= (nuint)step;
            bytes -= step;
            if (first.iov_len == 0)
                pieces = pieces[1..];
        }

        return pieces;
    }

    private static long RequireWholePages(ReadOnlySpan<Libc.Iovec> pieces, long offset)
    {
        if (pieces.Length is 0 or > MaxPieces)
            throw new ArgumentException($"A transfer takes 1 to {MaxPieces} pieces; {pieces.Length} were given.", nameof(pieces));
        if (offset < 0 || offset % Pages.SizeBytes != 0)
            throw Misaligned("The offset", offset);
        var total = 0L;
        foreach (var piece in pieces)
        {
            if (piece.iov_base % Pages.SizeBytes != 0)
                throw Misaligned("An address", piece.iov_base);
            if (piece.iov_len == 0 || piece.iov_len % Pages.SizeBytes != 0)
                throw Misaligned("A length", (long)piece.iov_len);
            total += (long)piece.iov_len;
        }

        return total;
    }

    private static ArgumentException Misaligned(string what, long value) => new(string.Create(
        CultureInfo.InvariantCulture, $"{what} of {value} is not a multiple of {Pages.SizeBytes}, which direct transfers go by: align it."));
}
