#version 330 core
// One quad for each marker: its halo lies on the ground, its core and its ring face the viewer.
//
// in_corner    of the quad, -1..1 both ways
// in_position  unit vector;  in_color sRGB;  in_core  x: diameter in logical pixels, y: glow 0..1
// in_state     x: selected, y: hovered, 0 or 1

in vec2 in_corner;
in vec3 in_position;
in vec3 in_color;
in vec2 in_core;
in vec2 in_state;

uniform mat4 u_view_projection;
uniform vec3 u_eye;
uniform vec3 u_up;
uniform vec2 u_size_px;
uniform float u_device_pixel_ratio;
uniform float u_row_sign;
uniform float u_globe_px;       // pixels of one globe radius in the middle of the picture
uniform float u_is_halo;        // 1: the pass of the halos; 0: cores and rings

out vec2 v_corner;
flat out vec3 v_color;
flat out vec4 v_look;           // core radius and quad radius in device pixels, glow, opacity
flat out vec2 v_state;

const float HALO_CORES = 7.5;   // radius of the halo in core diameters
const float RING_CORES = 2.2;

void main() {
    vec3 to_eye = normalize(u_eye - in_position);
    float facing = dot(in_position, to_eye);
    float diameter = in_core.x * u_device_pixel_ratio * (1.0 + 0.25 * in_state.y);
    float radius = diameter * mix(RING_CORES, HALO_CORES * (1.0 + 0.35 * in_state.x), u_is_halo);
    v_corner = in_corner;
    v_color = in_color;
    v_look = vec4(0.5 * diameter, radius, in_core.y, smoothstep(0.0, 0.10, facing));
    v_state = in_state;
    if (facing <= 0.0) {
        gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
    } else if (u_is_halo > 0.5) {
        vec3 east = normalize(cross(u_up, in_position));
        vec3 offset = (east * in_corner.x + cross(in_position, east) * in_corner.y) * radius / u_globe_px;
        gl_Position = u_view_projection * vec4(in_position + offset, 1.0);
    } else {
        gl_Position = u_view_projection * vec4(in_position, 1.0);
        gl_Position.xy += in_corner * vec2(1.0, u_row_sign) * radius / u_size_px * 2.0 * gl_Position.w;
    }
}
