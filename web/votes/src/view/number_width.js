/** How wide a number is in the display font, whose digits differ: from 0.59 em (1) to 0.92 em (4), a comma 0.27 em. */

const WIDEST_DIGIT_EM = 0.93;
const SEPARATOR_EM = 0.3;

/** A width, in em, that `number`, as it is written, does not exceed. */
export function emsOf(number) {
  return [...number].reduce((width, character) => width + (/[.,]/.test(character) ? SEPARATOR_EM : WIDEST_DIGIT_EM), 0);
}
