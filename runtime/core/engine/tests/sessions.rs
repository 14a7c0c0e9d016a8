//! What an application meets: memory sizes, order of calls, slices of work, state.

mod support;

use mote_engine::{
    Model, Observer, OpCode, OperatorEvent, OperatorSet, Progress, Reason, RunError, Session, operators,
};
use mote_format::write::write_model;
use support::{ELEMENTS, chain, stateful};

const INPUT: [u8; ELEMENTS as usize] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 250, 251, 252, 253, 254, 255];

#[test]
fn outputs_follow_inputs_in_any_slicing() {
    let file = write_model(&chain());
    let model = Model::parse(&file, operators::generic()).expect("a valid model");
    for budget in [1, 3, 16, 1000] {
        let mut arena = [0; 64];
        let mut session = Session::new(&model, &mut arena, &mut []).expect("enough memory");
        session.input(0).and_then(|mut input| input.copy_from(&INPUT)).expect("input fits");
        let mut polls = 1;
        while session.poll(budget).expect("runs").is_pending() {
            assert_eq!(session.input(0).unwrap_err(), RunError::Busy);
            assert_eq!(session.output(0).unwrap_err(), RunError::Busy);
            polls += 1;
        }
        assert_eq!(session.output(0).expect("done").bytes, INPUT);
        assert_eq!(polls, (2 * ELEMENTS).div_ceil(budget), "budget {budget}");
    }
}

#[test]
fn a_run_can_be_dropped_and_started_again() {
    let file = write_model(&chain());
    let model = Model::parse(&file, operators::generic()).expect("a valid model");
    let mut arena = [0; 48];
    let mut session = Session::new(&model, &mut arena, &mut []).expect("enough memory");
    session.input(0).and_then(|mut input| input.copy_from(&[9; 16])).expect("input fits");
    assert_eq!(session.poll(1), Ok(Progress::Pending));
    session.reset();
    session.input(0).and_then(|mut input| input.copy_from(&INPUT)).expect("not busy any more");
    session.run().expect("runs");
    assert_eq!(session.output(0).expect("done").bytes, INPUT);
}

#[test]
fn too_little_memory_is_named() {
    let file = write_model(&stateful());
    let model = Model::parse(&file, operators::generic()).expect("a valid model");
    let too_small = Session::new(&model, &mut [0; 31], &mut [0; 16]).map(drop);
    assert_eq!(too_small, Err(RunError::ArenaTooSmall { needed_bytes: 32 }));
    let too_small = Session::new(&model, &mut [0; 32], &mut [0; 15]).map(drop);
    assert_eq!(too_small, Err(RunError::StateTooSmall { needed_bytes: 16 }));
    let mut arena = [0; 32];
    let mut state = [0; 16];
    let mut session = Session::new(&model, &mut arena, &mut state).expect("enough memory");
    assert_eq!(session.input(1).unwrap_err(), RunError::NoSuchPort);
    assert_eq!(session.output(1).unwrap_err(), RunError::NoSuchPort);
    let wrong = session.input(0).and_then(|mut input| input.copy_from(&[0; 15]));
    assert_eq!(wrong, Err(RunError::Length { needed_elements: 16 }));
}

#[test]
fn state_carries_over_and_can_be_saved() {
    let file = write_model(&stateful());
    let model = Model::parse(&file, operators::generic()).expect("a valid model");
    let step = |session: &mut Session<'_>, value: u8| {
        session.input(0).and_then(|mut input| input.copy_from(&[value; 16])).expect("input fits");
        session.run().expect("runs");
        session.output(0).expect("done").bytes[0]
    };
    let (mut arena, mut state) = ([0; 32], [0; 16]);
    let mut session = Session::new(&model, &mut arena, &mut state).expect("enough memory");
    assert_eq!(step(&mut session, 10), 255 - 7, "the initial state is 7");
    assert_eq!(step(&mut session, 20), 10);
    let mut saved = session.state().to_vec();
    session.reset_state();
    assert_eq!(step(&mut session, 30), 255 - 7);
    let mut other_arena = [0; 32];
    let mut resumed = Session::resume(&model, &mut other_arena, &mut saved).expect("enough memory");
    assert_eq!(step(&mut resumed, 40), 20, "the state saved after 20");
}

#[test]
fn a_missing_operator_is_named() {
    let file = write_model(&chain());
    let none: OperatorSet<'_> = &[&operators::SOFTMAX_I8];
    let error = Model::parse(&file, none).unwrap_err();
    assert_eq!(error.reason, Reason::MissingOperator(OpCode::LOOKUP_8));
    assert_eq!(error.operator, Some(0));
    assert!(error.to_string().contains("lookup_8"), "{error}");
}

#[test]
fn an_observer_sees_every_operator_once() {
    #[derive(Default)]
    struct Seen(Vec<(u16, OpCode)>, Vec<Vec<u8>>);
    impl Observer for Seen {
        fn started(&mut self, index: u16, code: OpCode) {
            self.0.push((index, code));
        }
        fn finished(&mut self, event: &OperatorEvent<'_>) {
            self.1.push(event.output(0).expect("one output").1.to_vec());
            assert!(event.output(1).is_none());
        }
    }
    let file = write_model(&chain());
    let model = Model::parse(&file, operators::generic()).expect("a valid model");
    let mut arena = [0; 48];
    let mut session = Session::new(&model, &mut arena, &mut []).expect("enough memory");
    session.input(0).and_then(|mut input| input.copy_from(&INPUT)).expect("input fits");
    let mut seen = Seen::default();
    while session.poll_observed(5, &mut seen).expect("runs").is_pending() {}
    assert_eq!(seen.0, [(0, OpCode::LOOKUP_8), (1, OpCode::LOOKUP_8)]);
    assert_eq!(seen.1, [INPUT.map(|byte| 255 - byte).to_vec(), INPUT.to_vec()]);
}

#[test]
fn real_values_are_quantised_at_the_edges() {
    let file = write_model(&chain());
    let model = Model::parse(&file, operators::generic()).expect("a valid model");
    let mut arena = [0; 48];
    let mut session = Session::new(&model, &mut arena, &mut []).expect("enough memory");
    // Scale 0.5, zero point −3: halves round away from zero, the ends saturate, no number becomes real 0.
    let reals = [0.0, 0.25, -0.25, 1.0, 1e9, -1e9, f32::NAN, 0.24, -0.24, 10.0, -10.0, 0.0, 0.0, 0.0, 0.0, 0.0];
    session.input(0).and_then(|mut input| input.quantise_from(&reals)).expect("16 values");
    session.run().expect("runs");
    let output = session.output(0).expect("done");
    let stored: Vec<i8> = output.bytes.iter().map(|&byte| byte as i8).collect();
    assert_eq!(&stored[..11], &[-3, -2, -4, -1, 127, -128, -3, -3, -3, 17, -23]);
    assert_eq!(output.real(3), Some(1.0));
    assert_eq!(output.real(16), None);
    assert_eq!(output.arg_max(), Some(4));
    let wrong = session.input(0).and_then(|mut input| input.quantise_from(&reals[1..]));
    assert_eq!(wrong, Err(RunError::Length { needed_elements: 16 }));
}
