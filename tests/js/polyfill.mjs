// js-libp2p wants Node 22; this is all that Node 20 lacks for what is used here.
Promise.withResolvers ??= function () {
  let resolve, reject
  const promise = new Promise((yes, no) => { resolve = yes; reject = no })
  return { promise, resolve, reject }
}
