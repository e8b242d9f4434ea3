// Which siblings an audit path has in a tree of RFC 9162 §2.1: split at the largest power of two below the size, an odd node is promoted.

/**
 * From the leaf up, one item for each sibling.
 *
 * @param {bigint} index of the leaf, from 0, below `size`
 * @param {bigint} size leaves of the tree
 * @returns {{isLeft: boolean, leaves: bigint}[]} whether the sibling stands left, and how many leaves are under it
 */
export function siblings(index, size) {
  const found = [];
  let position = index;
  let last = size - 1n;
  for (let width = 1n; last > 0n; width *= 2n) {
    if (position % 2n === 1n) found.push({ isLeft: true, leaves: width });
    else if (position < last) found.push({ isLeft: false, leaves: smaller(width, size - (position + 1n) * width) });
    position /= 2n;
    last /= 2n;
  }
  return found;
}

function smaller(one, other) {
  return one < other ? one : other;
}
